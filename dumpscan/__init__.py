"""dumpscan: tells from saved text alone why a Windows machine ran out of desktop heap or session view space.

import dumpscan
analysis = dumpscan.analyze("case123/")
analysis.tables["desktop_heaps"]  # pandas
analysis.to_dict()["verdict"]["summary"]
"""

from dumpscan.analysis import Analysis, analyze, analyze_cases
from dumpscan.inputs import DumpscanError
from dumpscan.version import __version__

__all__ = ["Analysis", "DumpscanError", "__version__", "analyze", "analyze_cases"]
