"""The SELECTs of `sql/export/`, rendered for one target."""

from __future__ import annotations

from typing import Any

from audioset_duck.catalog.models import RELATION_LAYERS, read_templates, render_models
from audioset_duck.config.targets import Target
from audioset_duck.sqltext import sql_folder


class Queries:
    """The SELECTs of `sql/export/` for one target.

    Attributes:
        target: The target.
    """

    def __init__(self, target: Target) -> None:
        templates = read_templates(sql_folder(), (*RELATION_LAYERS, "export"))
        self._templates = {template.name: template for template in templates}
        self.target = target

    def render(self, name: str, **variables: Any) -> str:
        """Render one of them.

        Args:
            name: The stem of its file.
            **variables: What the template uses besides the target.
        """
        (model,) = render_models([self._templates[name]], ("export",), self.target, **variables)
        return model.select
