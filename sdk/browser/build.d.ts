// What the build puts in: the hash in the file names of the chunks (sdk/chunks.json).
declare const __WEFT_CHUNKS__: string;
