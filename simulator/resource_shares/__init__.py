"""AWS Resource Access Manager, for IPAM pools and resource discoveries."""
