"""The studio: a local web page in which a person loads data, draws what they know, asks and watches.

The server holds all state and streams HTML over Server-Sent Events, in Datastar's manner; the browser morphs
it in. A door: no causal logic lives here. Its rooms:

    projects    what a person did, event by event, and the sheet that follows from it; undo, permalinks
    uploads     files from outside: quarantined, read by a confined worker, stored as plain columns
    reasoning   what the graph of a sheet says, what the data say to it, and runs of `ask` in the background
    drawing     the graph as SVG that can be edited
    pages       the pages and their regions, from values to HTML
    wire        events, regions and streams: what is sent, and no more than the reader can take
    security    who may come in, with what, and what a page may do
    handlers    one per address: reads the request, calls a room, answers
    static      the browser's part: the client, the canvas, the style
"""
