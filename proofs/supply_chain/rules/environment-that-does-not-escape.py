import jinja2
from jinja2 import Environment

# ruleid: environment-that-does-not-escape
loose = Environment(trim_blocks=True)
# ruleid: environment-that-does-not-escape
looser = jinja2.Environment(autoescape=False)
# ok: environment-that-does-not-escape
strict = Environment(autoescape=True, trim_blocks=True)
