"""An evaluation for other programs: JSON, CSV, JUnit XML, and Markdown for a pull request."""
