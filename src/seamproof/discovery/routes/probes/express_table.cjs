// Loaded before the service (node --require): when the service is about to listen, the routes of its
// Express applications are written as an OpenAPI document, and it ends. Nothing listens.
//
// Express 4 and 5. Neither keeps the paths that routers are mounted at (5 compiles them), so `use`
// is watched and each layer that it adds is marked with its path.

"use strict";

const fs = require("node:fs");
const net = require("node:net");
const Module = require("node:module");

const OUTPUT = process.env.SEAMPROOF_ROUTES;
const DEPTH = 20;
const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const WITH_BODY = new Set(["post", "put", "patch"]);
const ANY_OBJECT = { schema: { type: "object" } };
// Where the handlers say nothing of a body: there may be one.
const ANY_BODY = {
  content: { "application/json": ANY_OBJECT, "application/x-www-form-urlencoded": ANY_OBJECT },
};
const DIGITS = new Set(["(\\d+)", "([0-9]+)"]);
const LONGEST = 100000; // characters of handlers
const SETTLED = 200; // milliseconds for routes that are added after `listen`
const PATHS = Symbol("seamproof.paths");
const MOUNTED = Symbol("seamproof.mounted");
const applications = new Set();
let waiting = false;

const load = Module._load;
Module._load = function (...given) {
  const loaded = load.apply(this, given);
  try {
    watch(loaded);
  } catch (error) {
    console.error(error);
  }
  return loaded;
};

function watch(loaded) {
  if (typeof loaded !== "function" || !loaded.application || !loaded.Router) return;
  if (Object.hasOwn(loaded.application, MOUNTED)) return;
  Object.defineProperty(loaded.application, MOUNTED, { value: true });
  const init = loaded.application.init;
  loaded.application.init = function (...given) {
    applications.add(this);
    this[PATHS] = [];
    return init.apply(this, given);
  };
  const use = loaded.application.use;
  loaded.application.use = function (...given) {
    const [paths, handlers] = taken(given);
    for (const each of handlers)
      if (applications.has(each)) this[PATHS].push({ paths, inner: each });
    return use.apply(this, given);
  };
  // 4: routers inherit from the function itself; 5: from its prototype.
  for (const holder of [loaded.Router, loaded.Router.prototype])
    if (holder && typeof holder.use === "function") watchRouter(holder);
}

function watchRouter(holder) {
  const use = holder.use;
  holder.use = function (...given) {
    const before = this.stack ? this.stack.length : 0;
    const result = use.apply(this, given);
    const [paths] = taken(given);
    for (const layer of (this.stack || []).slice(before)) layer[PATHS] = paths;
    return result;
  };
}

// The paths that `use` was given, `/` where none, and its handlers.
function taken(given) {
  const flat = given.flat(Infinity);
  const paths = flat.filter((each) => typeof each !== "function");
  return [paths.length ? paths : ["/"], flat.filter((each) => typeof each === "function")];
}

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...given) {
  if (!applications.size) return listen.apply(this, given);
  if (!waiting) {
    waiting = true;
    setTimeout(() => end(), SETTLED);
  }
  return this;
};
process.on("exit", () => {
  if (applications.size && !waiting) write();
});

function end() {
  write();
  process.exit(0);
}

function write() {
  const inner = new Set();
  for (const each of applications) for (const mount of each[PATHS]) inner.add(mount.inner);
  const paths = {};
  for (const each of applications) if (!inner.has(each)) ofApplication(each, [""], paths, 0);
  const info = { title: "the routes of Express", version: "" };
  const text = JSON.stringify({ openapi: "3.1.0", info, paths });
  fs.writeFileSync(`${OUTPUT}.part`, text);
  fs.renameSync(`${OUTPUT}.part`, OUTPUT);
}

function ofApplication(application, bases, paths, depth) {
  // `router` is a deprecated getter that throws in 4, where `_router` is meant.
  const router = application._router || (application.lazyrouter ? null : application.router);
  if (router) ofRouter(router, bases, paths, depth);
  for (const mount of application[PATHS])
    if (depth < DEPTH) ofApplication(mount.inner, joined(bases, mount.paths), paths, depth + 1);
}

function ofRouter(router, bases, paths, depth) {
  for (const layer of router.stack || []) {
    if (layer.route) {
      let methods = METHODS.filter((each) => layer.route.methods[each]);
      const all = layer.route.methods._all || methods.length === METHODS.length;
      if (all) methods = ["get", "post"]; // `all` says nothing of which are meant
      const own = Array.isArray(layer.route.path) ? layer.route.path : [layer.route.path];
      const body = bodyOf(layer.route.stack);
      for (const path of joined(bases, own)) add(paths, path, methods, body);
    } else if (layer.handle && layer.handle.stack && depth < DEPTH) {
      ofRouter(layer.handle, joined(bases, layer[PATHS] || ["/"]), paths, depth + 1);
    }
  }
}

// Each base with each path; what is a regular expression is none.
function joined(bases, own) {
  const texts = own.flat(Infinity).filter((each) => typeof each === "string");
  return bases.flatMap((base) => texts.map((each) => `${base}/${each}`.replace(/\/{2,}/g, "/")));
}

// What the handlers take out of the body, as their source says; which of it must be there it does not.
function bodyOf(stack) {
  const text = stack.map((each) => String(each.handle)).join("\n").slice(0, LONGEST);
  const properties = {};
  const named = [...text.matchAll(/\.body\b\??(?:\.|\[["'])(\w+)/g)].map((match) => match[1]);
  for (const [, inside] of text.matchAll(/\{([^{}]*)\}\s*=\s*[\w.]*\.body\b/g))
    named.push(...inside.split(",").map((each) => /^\s*(\w*)/.exec(each)[1]));
  for (const name of named.filter(Boolean)) {
    const counted = new RegExp(`\\b(isInteger|parseInt)\\((?:[\\w.]*\\.body\\.)?${name}\\b`);
    properties[name] = counted.test(text) ? { type: "integer" } : {};
  }
  if (!named.length) return ANY_BODY;
  return { content: { "application/json": { schema: { type: "object", properties } } } };
}

function add(paths, path, methods, body) {
  const parameters = [];
  const template = path
    .replace(/\{([^{}]*)\}/g, "$1") // 5: an optional part
    .replace(/:([A-Za-z_]\w*)(\([^()]*\))?\??/g, (_, name, pattern) => {
      const schema = { type: DIGITS.has(pattern) ? "integer" : "string" };
      parameters.push({ name, in: "path", required: true, schema });
      return `{${name}}`;
    })
    .replace(/(.)\/$/, "$1");
  if (/[*()?+]/.test(template)) return; // what catches everything is no operation
  const item = (paths[template] = paths[template] || {});
  for (const method of methods) {
    const requestBody = WITH_BODY.has(method) ? body : undefined;
    item[method] = item[method] || { parameters, requestBody };
  }
}
