"""The example workflows: one module each, with its widgets, links, notes and claims."""
from . import (
    attention,
    explain,
    first_look,
    how_much,
    identify,
    image_of_a_filter,
    mixtures,
    other_instrument,
    preprocessing,
    tissue,
)

EXAMPLES = (identify, first_look, mixtures, how_much, explain, preprocessing, attention,
            other_instrument, image_of_a_filter, tissue)
WORKFLOWS = tuple(module.WORKFLOW for module in EXAMPLES)
#: {number of the workflow: its claims by name}
CLAIMS = {module.WORKFLOW.file[:3]: module.SAYS for module in EXAMPLES}
