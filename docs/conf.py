"""How Sphinx builds this documentation: ``make docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from flask_session import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "Flask-Session"
author = "The Flask-Session contributors"
release = version = __version__
html_title = f"Flask-Session {release}"

extensions = ["myst_parser", "sphinx.ext.autodoc", "settings_reference", "store_table"]
exclude_patterns = ["_build", "_ext", "tests"]
html_theme = "furo"
html_show_copyright = False
html_copy_source = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {
    "members": True,
    "show-inheritance": True,
    "exclude-members": "session_class, settings_class",
}

# References within the project have to lead somewhere. Not those to other projects, which cannot be
# looked up without a network, nor the types in signatures that have no entry of their own.
nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(?!flask_session).*"),
    ("py:class", r"flask_session\.((compat\.hooks|compat\.identity|mapping)\..*|.*T)"),
    ("py:class", r"flask_session_\w+\.(client|interface|model|sessions|stores)\..*"),
]
