"""What programs print: the lines without what was put around them, who speaks, and what rustc reports."""
