// The same kind of work without Rampart: reads a JSON body and answers a small one. Prints its port.
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => (text += chunk.toString()));
  request.on('end', () => {
    const { context } = JSON.parse(text);
    const unit = context.targetingKey;
    const body = JSON.stringify({ key: 'flag', value: true, variant: 'on', reason: 'SPLIT', unit });
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
