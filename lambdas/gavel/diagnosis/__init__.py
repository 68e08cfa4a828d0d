"""What facts about an account, a deployment and a suite mean for the next evaluation; it asks AWS for nothing."""
