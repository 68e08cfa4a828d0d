"""Gavel's steps on AWS: the only package that imports boto3. A module here is named as its state and its handler."""
