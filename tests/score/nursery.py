"""What the process has imported of which trials are forks (see `forking`). Importing it starts no thread.

The kit without its suite, which pytest imports itself, to rewrite its asserts; and all that these modules import only
when they are needed.
"""

import gc
import importlib
import pkgutil

import conformance
import conformance.contract
import tests.backend.__main__  # noqa: F401

_IMPORTED_WHEN_NEEDED = (
    *("_pytest.config", "httpcore", "hypothesis", "jinja2", "schemathesis", "sqlite3"),
    *("pytest_base_url.plugin", "pytest_timeout"),
)

for _name in _IMPORTED_WHEN_NEEDED:
    importlib.import_module(_name)
for _module in pkgutil.walk_packages(conformance.__path__, "conformance."):
    if not _module.name.startswith("conformance.suite") and not _module.name.endswith("__main__"):
        importlib.import_module(_module.name)
conformance.contract.clauses()
conformance.contract.document()

# What is here for good need not be looked at by the collector in every fork, which would also copy its pages.
gc.collect()
gc.freeze()
