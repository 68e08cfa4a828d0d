def wire(bucket, role, give, storage):
    # ruleid: grant-by-hand
    bucket.grant_read_write(role)
    # ruleid: grant-by-hand
    role.add_managed_policy("AdministratorAccess")
    # ok: grant-by-hand
    give(role, storage.read("suites/*"))
