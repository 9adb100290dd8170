// An upstream that speaks HTTP/2 over TLS, and HTTP/1.1 to who does not. What it does, the model's
// name says: "short" answers, "endless" streams for ever, "held" sends one chunk and the rest once
// "release" is asked for. Prints its port; GET /v1/models says what it has seen.
import fs from 'node:fs';
import http2 from 'node:http2';

const [key, cert] = process.argv.slice(2).map((file) => fs.readFileSync(file));
const seen = { sessions: 0, requests: 0, resets: 0, versions: [] };
const held = [];

const chunk = (content, finish = null) => `data: ${JSON.stringify({
  id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm',
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
})}\n\n`;

function endless(response) {
  const piece = chunk('x'.repeat(8000));
  const more = () => { while (response.write(piece)); };
  response.on('drain', more);
  more();
}

function finish(response) {
  response.end(chunk('end') + chunk('', 'stop') + 'data: [DONE]\n\n');
}

function answer(model, response) {
  seen.requests += 1;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.on('close', () => { if (!response.writableEnded) seen.resets += 1; });
  if (model.includes('endless')) return endless(response);
  response.write(chunk('begin '));
  if (model.includes('held')) return held.push(response);
  if (model.includes('release')) held.splice(0).filter((one) => !one.destroyed).forEach(finish);
  return finish(response);
}

const server = http2.createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
  if (request.method === 'GET') return response.end(JSON.stringify(seen));
  seen.versions.push(request.httpVersion);
  let body = '';
  request.on('data', (data) => { body += data; });
  request.on('end', () => answer(JSON.parse(body).model, response));
  request.on('error', () => {});
});
server.on('session', (session) => {
  seen.sessions += 1;
  session.on('error', () => {});
});
server.on('sessionError', () => {});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
