"""A QGIS project as QGIS 3 writes it: layers, their styles, tree, extent; nothing of Django in it."""

from dataclasses import dataclass, field
from xml.etree import ElementTree as Xml

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
VERSION = "3.22.0"
GEOMETRY = {"point": ("Point", "0", "marker"), "line": ("Line", "1", "line"),
            "": ("Polygon", "2", "fill")}  # fmt: skip
ELLIPSOID = "EPSG:1024"  # CGCS2000


@dataclass(frozen=True)
class Category:
    """A value with its label and colour (`#rrggbb`)."""

    value: str
    label: str
    colour: str


@dataclass(frozen=True)
class Vector:
    """A vector layer. `source` is what `provider` opens; `family` is "" (areas), point or line."""

    id: str
    title: str
    source: str
    provider: str
    authid: str
    family: str = ""
    column: str = ""
    categories: tuple[Category, ...] = ()
    colour: str = "#4c5651"
    visible: bool = True
    abstract: str = ""


@dataclass(frozen=True)
class Raster:
    """A WMTS layer."""

    id: str
    title: str
    source: str
    provider: str = "wms"
    authid: str = "EPSG:3857"
    visible: bool = False
    abstract: str = ""


@dataclass(frozen=True)
class Project:
    """The first layer lies on top; `extent` is west, south, east, north."""

    title: str
    layers: tuple
    extent: tuple[float, float, float, float]
    authid: str = "EPSG:4490"
    keywords: tuple[str, ...] = field(default=())


def add(parent, tag: str, text: str = "", **attributes) -> Xml.Element:
    """A child with its text."""
    found = Xml.SubElement(parent, tag, {k: str(v) for k, v in attributes.items()})
    found.text = text or None
    return found


def crs(parent, tag: str, authid: str) -> None:
    """A coordinate system by its authority's name."""
    add(add(add(parent, tag), "spatialrefsys"), "authid", authid)


def paint(hex_colour: str, opacity: float = 1.0) -> str:
    """`#rrggbb` as QGIS writes colours.

    >>> paint("#c22f2f", 0.2)
    '194,47,47,51'
    """
    red, green, blue = (int(hex_colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def symbol(parent, name: str, family: str, colour: str) -> None:
    """A symbol: see-through areas with an outline, dots, lines."""
    _, _, kind = GEOMETRY[family]
    drawn = add(parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1")
    if kind == "fill":
        values = {"color": paint(colour, 0.15), "style": "solid", "outline_color": paint(colour),
                  "outline_style": "solid", "outline_width": "0.5"}  # fmt: skip
    elif kind == "marker":
        values = {"name": "circle", "color": paint(colour), "outline_color": "255,255,255,255",
                  "size": "3"}  # fmt: skip
    else:
        values = {"line_color": paint(colour), "line_width": "0.6"}
    shown = {"fill": "SimpleFill", "marker": "SimpleMarker", "line": "SimpleLine"}[kind]
    layer = add(drawn, "layer", **{"class": shown, "enabled": "1", "locked": "0", "pass": "0"})
    options = add(layer, "Option", type="Map")
    for key, value in values.items():
        add(options, "Option", type="QString", name=key, value=value)


def renderer(parent, layer: Vector) -> None:
    """One symbol, or one for each value of a column and one for the rest."""
    if not layer.categories:
        drawn = add(parent, "renderer-v2", type="singleSymbol")
        symbol(add(drawn, "symbols"), "0", layer.family, layer.colour)
        return
    drawn = add(parent, "renderer-v2", type="categorizedSymbol", attr=layer.column)
    rows, shapes = add(drawn, "categories"), add(drawn, "symbols")
    every = (*layer.categories, Category("", "其他", layer.colour))
    for number, found in enumerate(every):
        add(rows, "category", symbol=number, value=found.value, label=found.label, render="true")
        symbol(shapes, str(number), layer.family, found.colour)


def map_layer(parent, layer: Vector | Raster) -> None:
    """One layer with its source."""
    is_vector = isinstance(layer, Vector)
    more = {"geometry": GEOMETRY[layer.family][0]} if is_vector else {}
    found = add(parent, "maplayer", type="vector" if is_vector else "raster", **more)
    add(found, "id", layer.id)
    add(found, "datasource", layer.source)
    add(found, "layername", layer.title)
    crs(found, "srs", layer.authid)
    about = add(found, "resourceMetadata")
    add(about, "title", layer.title)
    add(about, "abstract", layer.abstract)
    add(found, "provider", layer.provider, **({"encoding": "UTF-8"} if is_vector else {}))
    if is_vector:
        renderer(found, layer)
        add(found, "layerGeometryType", GEOMETRY[layer.family][1])


def settings(root) -> None:
    """Areas in hectares and lengths in metres on the CGCS2000 ellipsoid, paths beside the project."""
    found = add(root, "properties")
    add(add(found, "Measure"), "Ellipsoid", ELLIPSOID, type="QString")
    units = add(found, "Measurement")
    add(units, "AreaUnits", "ha", type="QString")
    add(units, "DistanceUnits", "meters", type="QString")
    add(add(found, "Paths"), "Absolute", "false", type="bool")
    add(add(found, "SpatialRefSys"), "ProjectionsEnabled", "1", type="int")


def written(project: Project) -> bytes:
    """The project as the text of a .qgs file."""
    root = Xml.Element("qgis", {"version": VERSION, "projectname": project.title})
    add(root, "title", project.title)
    crs(root, "projectCrs", project.authid)
    tree = add(root, "layer-tree-group")
    for layer in project.layers:
        add(
            tree, "layer-tree-layer", id=layer.id, name=layer.title, source=layer.source,
            providerKey=layer.provider, checked="Qt::Checked" if layer.visible else "Qt::Unchecked",
            expanded="0",
        )  # fmt: skip
    canvas = add(root, "mapcanvas", name="theMapCanvas")
    add(canvas, "units", "degrees")
    corners = ("xmin", "ymin", "xmax", "ymax")
    box = add(canvas, "extent")
    for name, value in zip(corners, project.extent, strict=True):
        add(box, name, repr(value))
    crs(canvas, "destinationsrs", project.authid)
    held = add(root, "projectlayers")
    for layer in project.layers:
        map_layer(held, layer)
    settings(root)
    Xml.indent(root)
    return (DOCTYPE + Xml.tostring(root, encoding="unicode")).encode()
