"""The CDK app: `cdk synth -c environment=NAME`, or `.venv/bin/python app.py`; needs no account, no credentials."""

from infra.application import main

if __name__ == "__main__":
    main()
