def update(table, name, value):
    # ruleid: value-in-an-expression
    table.update_item(Key={"pk": name}, UpdateExpression=f"SET score = {value}")
    # ruleid: value-in-an-expression
    table.query(KeyConditionExpression="pk = %s" % name)
    # ruleid: value-in-an-expression
    request = {"ConditionExpression": f"version = {value}"}
    # ok: value-in-an-expression
    table.update_item(UpdateExpression="SET score = :score", ExpressionAttributeValues={":score": value})
    return request
