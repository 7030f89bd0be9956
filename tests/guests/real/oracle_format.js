// What dprint's formatters make of texts in node.
//
// usage: node oracle_format.js FORMATTER OUT PLUGIN... -- TEXT...
//
// FORMATTER is the folder of @dprint/formatter, OUT one for the results: each
// keeps the name of its text.
const fs = require("fs");
const path = require("path");

const [formatter, out, ...rest] = process.argv.slice(2);
const split = rest.indexOf("--");
const { createFromBuffer } = require(path.join(formatter, "mod.js"));
const plugins = rest.slice(0, split).map((file) => {
  const plugin = createFromBuffer(fs.readFileSync(file));
  plugin.setConfig({}, {});
  return plugin;
});

function format(request) {
  const extension = path.extname(request.filePath).slice(1);
  const plugin = plugins.find((p) =>
    p.getFileMatchingInfo().fileExtensions.includes(extension));
  return plugin ? plugin.formatText(request) : request.fileText;
}

for (const plugin of plugins) plugin.setHostFormatter(format);
for (const file of rest.slice(split + 1)) {
  const name = path.basename(file);
  const text = fs.readFileSync(file, "utf8");
  fs.writeFileSync(path.join(out, name), format({ filePath: name, fileText: text }));
}
