"""What the process has imported of which trials are forks (see `forking`). Importing it starts no thread.

The kit without its suite, which pytest imports itself, to rewrite its asserts; and all that these modules import only
when they are needed.
"""

import gc
import importlib
import pkgutil

from _pytest.config import default_plugins

import conformance
import tests.backend.__main__  # noqa: F401
from conformance import contract
from conformance.report import html

_IMPORTED_WHEN_NEEDED = (
    *("encodings.idna", "httpcore", "hypothesis", "pdb", "schemathesis", "pytest_base_url.plugin", "pytest_timeout"),
    *(f"_pytest.{name}" for name in default_plugins),
)

for _name in _IMPORTED_WHEN_NEEDED:
    importlib.import_module(_name)
for _module in pkgutil.walk_packages(conformance.__path__, "conformance."):
    if not _module.name.startswith("conformance.suite") and not _module.name.endswith("__main__"):
        importlib.import_module(_module.name)
contract.clauses()
contract.document()
html.template()

# What is here for good need not be looked at by the collector in every fork, which would also copy its pages.
gc.collect()
gc.freeze()
