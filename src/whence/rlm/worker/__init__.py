"""What runs inside the confined worker: the cells, and the tools they find. Standard library only.

This code shares its process with the model's; nothing here is a boundary, and the host trusts none of it.
"""
