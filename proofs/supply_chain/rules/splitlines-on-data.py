def lines(data):
    # ruleid: splitlines-on-data
    yield from data.splitlines()
    # ok: splitlines-on-data
    yield from data.split(b"\n")
