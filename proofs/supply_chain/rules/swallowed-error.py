import contextlib


def count(store):
    # ruleid: swallowed-error
    try:
        store.add(1)
    except Exception:
        pass
    # ruleid: swallowed-error
    with contextlib.suppress(Exception):
        store.add(1)
    # ok: swallowed-error
    try:
        store.add(1)
    except KeyError:
        pass
    # ok: swallowed-error
    try:
        store.add(1)
    except Exception:
        store.fail()
        raise
