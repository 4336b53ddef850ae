"""What pyproject.toml cannot say: every file of every package goes into the wheel, the folders next
to the package go inside it, and the catalogues are compiled on the way."""

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

INSIDE = {"survey.migrations": "migrations", "survey.translations": "translations"}


class BuildWithCatalogues(build_py):
    """Compiles each catalogue of the interface in the copy that becomes the wheel."""

    def run(self) -> None:
        shutil.rmtree(self.build_lib, ignore_errors=True)  # it may hold files that were removed
        super().run()
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        translations = Path(self.build_lib, "survey", "translations")
        for path in sorted(translations.glob("*/LC_MESSAGES/messages.po")):
            with path.open("rb") as words, path.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(words, locale=path.parts[-3]))


setup(
    packages=[*find_packages(include=["survey", "survey.*"]), *INSIDE],
    package_dir=INSIDE,
    package_data={"": ["*", "**/*"]},
    exclude_package_data={"": ["**/__pycache__/**", "*.pyc", "**/*.pyc"]},
    cmdclass={"build_py": BuildWithCatalogues},
)
