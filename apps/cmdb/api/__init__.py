"""The doors of the CMDB under /api/v1/."""
