// A server with the program's command line and first words, whose pages hold one fault each: what the harness must
// hear. With `--mute` it never gets ready.
import { createServer } from "node:http";

const head = `<!doctype html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,"></head>`;
const page = (body) => `${head}<body><main><h1>A page</h1>${body}</main></body></html>`;
const pages = {
  "/": page(`<noscript><p>Without scripts</p></noscript><p id="mode">As drawn</p><script src="/mode.js"></script>`),
  "/console": page(`<script src="/console.js"></script>`),
  "/throws": page(`<script src="/throws.js"></script>`),
  "/inline": page(`<script>document.title = "changed";</script>`),
  "/elsewhere": page(`<img alt="" src="http://localhost:9/dot.png">`),
  "/missing-file": page(`<script src="/nowhere.js"></script>`),
  "/unnamed-picture": page(`<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">`),
  "/wide": page(`<svg width="2000" height="10" role="presentation"></svg>`),
  "/refused": [409, page("<p>Taken meanwhile</p>")],
  "/broken": [500, page("<p>Our fault</p>")],
  "/mode.js": `document.querySelector("#mode").textContent = "Scripted";`,
  "/console.js": `console.error("heard");`,
  "/throws.js": `throw new Error("thrown");`,
};

const server = createServer((request, response) => {
  const found = pages[request.url] ?? [404, "nothing here"];
  const [status, body] = Array.isArray(found) ? found : [200, found];
  const type = request.url.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8";
  const policy = request.url === "/elsewhere" ? "default-src 'self'; img-src *" : "default-src 'self'; img-src data:";
  response.writeHead(status, { "content-type": type, "content-security-policy": policy });
  response.end(body);
});

if (process.argv.includes("--mute")) {
  process.stderr.write("the folder is in use\n");
  process.exitCode = 1;
} else {
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write("staff: front-desk mara.lind s3cret-word\n");
    process.stdout.write(`ready http://127.0.0.1:${server.address().port}\n`);
  });
}
