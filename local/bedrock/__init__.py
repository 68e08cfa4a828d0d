"""An emulator of Amazon Bedrock evaluation jobs that runs inside the embedded AWS; README.md says what it honours."""
