"""The organisations that compare a school, their invitations, and which survey is whose."""
