// How each service on Express refuses. It is linked to beside each, and imports nothing: Node would
// look for it where the link leads.

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// RFC 9110, 15.5.6: a path that is there, and a method that it has not. Comes after all routes.
export function refuseOthers(app) {
  app.use((request, response) => {
    const known = app.router.stack.filter((layer) => layer.route?.path && layer.match(request.path));
    const allowed = known.flatMap((layer) => Object.keys(layer.route.methods));
    if (allowed.length === 0) throw new Refused(404, "no such route");
    response.set("Allow", allowed.join(", ").toUpperCase());
    throw new Refused(405, "no such method");
  });
}
