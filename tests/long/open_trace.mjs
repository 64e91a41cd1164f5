// Does the engine of Chrome's developer tools read the trace, and every event of it?
//
//   node open_trace.mjs FOLDER TRACE.json      FOLDER has node_modules/@paulirish/trace_engine
import fs from 'node:fs';
import path from 'node:path';

const [folder, file] = process.argv.slice(2);
const engine = path.join(folder, 'node_modules/@paulirish/trace_engine/models/trace/trace.js');
const { TraceModel } = await import(engine);
const events = JSON.parse(fs.readFileSync(file)).traceEvents;
const model = TraceModel.Model.createWithAllHandlers();
await model.parse(events);
const read = model.parsedTrace()?.traceEvents ?? [];
if (events.length === 0 || read.length !== events.length) {
  console.error(`of ${events.length} events ${read.length} were read`);
  process.exit(1);
}
