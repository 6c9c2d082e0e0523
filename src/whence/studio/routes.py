"""Every address of the studio, in one table; the tests of who may come in are made from it.

Whoever is let in by the guard may use them all (the way in, `/launch`, is the guard's own). Nothing that is
named in an address is joined to a path of the disk: projects, files and runs are looked up.
"""

from __future__ import annotations

from starlette.routing import Route

from whence.studio.handlers import answers, asking, data, graph, home, project, reports, static_files, watch

P = "/p/{project}"
GET, POST = ["GET"], ["POST"]

ROUTES = [
    Route("/", home.home, methods=GET),
    Route("/static/{file}", static_files.static, methods=GET),
    Route("/reports", reports.reports, methods=POST),
    Route("/projects", home.create, methods=POST),
    Route("/projects/example/{name}", home.create_from_example, methods=POST),
    Route("/projects/{project}/delete", project.delete, methods=POST),
    Route(P, project.project, methods=GET),
    Route(P + "/at/{revision:int}", project.past, methods=GET),
    Route(P + "/stream", project.stream, methods=GET),
    Route(P + "/ack", project.ack, methods=POST),
    Route(P + "/title", project.title, methods=POST),
    Route(P + "/options", project.options, methods=POST),
    Route(P + "/dismiss", project.dismiss, methods=POST),
    Route(P + "/undo", project.undo, methods=POST),
    Route(P + "/redo", project.redo, methods=POST),
    Route(P + "/data/upload", data.upload, methods=POST),
    Route(P + "/data/example/{name}", data.example, methods=POST),
    Route(P + "/data/remove", data.remove, methods=POST),
    Route(P + "/data/part/{column}/{part}", data.part, methods=POST),
    Route(P + "/data/contrast", data.contrast, methods=POST),
    Route(P + "/data/derive", data.derive, methods=POST),
    Route(P + "/data/where", data.where, methods=POST),
    Route(P + "/graph/node", graph.node, methods=POST),
    Route(P + "/graph/remove/{item}", graph.remove, methods=POST),
    Route(P + "/graph/rename/{node}", graph.rename, methods=POST),
    Route(P + "/graph/latent/{node}", graph.latent, methods=POST),
    Route(P + "/graph/edge", graph.edge, methods=POST),
    Route(P + "/graph/change/{edge}/{to}", graph.change, methods=POST),
    Route(P + "/graph/move/{node}", graph.move, methods=POST),
    Route(P + "/graph/unpin", graph.unpin, methods=POST),
    Route(P + "/graph/unpin/{node}", graph.unpin, methods=POST),
    Route(P + "/graph/text", graph.text, methods=POST),
    Route(P + "/graph/text/{format}", graph.written, methods=GET),
    Route(P + "/graph/role/{node}/{role}", graph.role, methods=POST),
    Route(P + "/question", asking.question, methods=POST),
    Route(P + "/runs", asking.ask, methods=POST),
    Route(P + "/runs/{run:int}/cancel", asking.cancel, methods=POST),
    Route(P + "/answers/{run:int}", answers.answer, methods=GET),
    Route(P + "/answers/{run:int}/sensitivity", answers.sensitivity, methods=GET),
    Route(P + "/compare/{first:int}/{second:int}", answers.compare, methods=GET),
    Route(P + "/take/answers/{run:int}/{file}", answers.take_answer, methods=GET),
    Route(P + "/take/{file}", answers.take, methods=GET),
    Route("/watch/demo", watch.demo, methods=POST),
    Route("/watch/{journal}", watch.watch, methods=GET),
    Route("/watch/{journal}/stream", watch.stream, methods=GET),
    Route("/watch/{journal}/ack", watch.ack, methods=POST),
]
