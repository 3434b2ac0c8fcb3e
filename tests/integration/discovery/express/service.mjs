// Routes as Express 4 and 5 both have them, in each way that there is to mount them.

import express from "express";

const nothing = (request, response) => response.end();
const app = express();
app.use(express.json());
app.get("/health", nothing);
const orders = express.Router({ mergeParams: true });
orders.route("/").get(nothing).post(nothing);
orders.delete("/:id", nothing);
const lines = express.Router();
lines.put("/:line", (request, response) => {
  const { product, count = 1 } = request.body ?? {};
  if (!Number.isInteger(count)) return response.status(400).end();
  return response.json([product, request.body.note]);
});
orders.use("/:order/lines", lines);
app.use(["/orders", "/v2/orders"], (request, response, next) => next(), orders);
const admin = express();
admin.get("/users/:user.json", nothing);
admin.all("/any", nothing);
app.use("/admin", admin);
app.get(/^\/expression/, nothing);
app.use(nothing);
app.listen(Number(process.argv[2]), () => console.log("listening"));
