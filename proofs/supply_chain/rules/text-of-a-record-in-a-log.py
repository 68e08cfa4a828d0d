def tell(logger, record, event, line, count):
    # ruleid: text-of-a-record-in-a-log
    logger.info("refused", text=record.prompt)
    # ruleid: text-of-a-record-in-a-log
    logger.warning(f"no score for {record['explanation']}")
    # ruleid: text-of-a-record-in-a-log
    logger.error("cannot read %s", event)
    # ok: text-of-a-record-in-a-log
    logger.info("refused", line=line, records=count)
    # ok: text-of-a-record-in-a-log
    logger.append_keys(evaluation=event.get("evaluation_id"))
