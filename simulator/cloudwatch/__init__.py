"""CloudWatch metrics and alarms without a clock or network: every time is an argument, in epoch seconds."""
