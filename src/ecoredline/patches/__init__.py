"""Change map → patches 图斑: outlines, attributes, screening, accuracy."""
