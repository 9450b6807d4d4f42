"""The responses of load balancers, and of EC2 about their interfaces."""
