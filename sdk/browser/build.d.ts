// What the build puts in: the file of each chunk, by name (sdk/chunks.json).
declare const __WEFT_CHUNKS__: Readonly<Record<string, string>>;
