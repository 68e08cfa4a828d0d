import yaml


def read(text):
    # ruleid: yaml-that-makes-objects
    yaml.load(text, Loader=yaml.Loader)
    # ruleid: yaml-that-makes-objects
    yaml.unsafe_load(text)
    # ok: yaml-that-makes-objects
    yaml.safe_load(text)
    # ok: yaml-that-makes-objects
    yaml.load(text, Loader=yaml.SafeLoader)
