// @ts-check
// Writes the published declarations of the SDK: one file, no import, no zod. The SDK's own declarations are taken as
// TypeScript emits them, comments included; what they take from the wire (collector/contract, where types are inferred
// from zod schemas) is written out in full. A type that cannot be written out is an error of the build, never an `any`.
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

const posix = (/** @type {string} */ path) => path.replaceAll('\\', '/');

const declarationName = (/** @type {string} */ path) => path.replace(/(\.d)?\.tsx?$/, '.d.ts');

/** Two programs read the same libraries; parsing them is dear. @param {ts.CompilerOptions} options */
function readingOnce(options) {
  const host = ts.createCompilerHost(options, true);
  const { getSourceFile } = host;
  /** @type {Map<string, ts.SourceFile | undefined>} */
  const read = new Map();
  host.getSourceFile = (name, ...rest) => {
    if (!read.has(name)) read.set(name, getSourceFile(name, ...rest));
    return read.get(name);
  };
  return host;
}

/** @param {string} root */
function compilerOptions(root) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return { ...options, types: [], jsx: ts.JsxEmit.None };
}

/**
 * What tsc would write for the SDK's folder, by file name.
 * @param {string} entry
 * @param {ts.CompilerOptions} options
 * @param {ts.CompilerHost} host
 */
function emitted(entry, options, host) {
  const folder = `${posix(dirname(entry))}/`;
  /** @type {Map<string, string>} */
  const files = new Map();
  const program = ts.createProgram(
    [entry],
    { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, stripInternal: true },
    host,
  );
  for (const source of program.getSourceFiles()) {
    const name = posix(resolve(source.fileName));
    if (!name.startsWith(folder) || source.isDeclarationFile) continue;
    const { diagnostics } = program.emit(source, (_, text) => files.set(declarationName(name), text), undefined, true);
    complainOf(diagnostics);
  }
  return files;
}

/** @param {readonly ts.Diagnostic[]} diagnostics */
function complainOf(diagnostics) {
  const errors = diagnostics.filter((one) => one.category === ts.DiagnosticCategory.Error);
  if (errors.length === 0) return;
  const host = {
    getCanonicalFileName: (/** @type {string} */ name) => name,
    getCurrentDirectory: () => process.cwd(),
    getNewLine: () => '\n',
  };
  throw new Error(`declarations of the SDK:\n${ts.formatDiagnostics(errors, host)}`);
}

/**
 * A program that sees the emitted declarations in place of the SDK's sources.
 * @param {string} entry
 * @param {Map<string, string>} files
 * @param {ts.CompilerOptions} options
 * @param {ts.CompilerHost} below
 */
function programOver(entry, files, options, below) {
  const { fileExists, readFile, getSourceFile } = below;
  const host = { ...below };
  const hidden = (/** @type {string} */ name) => files.has(declarationName(posix(resolve(name))));
  host.fileExists = (name) => files.has(posix(resolve(name))) || (!hidden(name) && fileExists(name));
  host.readFile = (name) => files.get(posix(resolve(name))) ?? readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const text = files.get(posix(resolve(name)));
    return text === undefined ? getSourceFile(name, version, ...rest) : ts.createSourceFile(name, text, version, true);
  };
  return ts.createProgram([declarationName(entry)], { ...options, noEmit: true }, host);
}

/**
 * @param {string} root the clone
 * @param {string} entryInRoot
 * @param {{ exportAll?: boolean }} [wish] exportAll: also what the entry does not export, for the test that compares
 * @returns {{ text: string, wire: Record<string, string> }} wire: name → file, for the shapes that came from outside the SDK
 */
export function declarations(root, entryInRoot, { exportAll = false } = {}) {
  const entry = posix(resolve(root, entryInRoot));
  const folder = `${dirname(entry)}/`;
  const options = compilerOptions(root);
  const host = readingOnce(options);
  const program = programOver(entry, emitted(entry, options, host), options, host);
  const checker = program.getTypeChecker();
  const entryFile = program.getSourceFile(declarationName(entry));
  const entrySymbol = entryFile && checker.getSymbolAtLocation(entryFile);
  if (!entrySymbol) throw new Error(`${entryInRoot} exports nothing`);

  /** @type {Map<ts.Symbol, string>} what is written, by symbol, under the name it has in the file */
  const names = new Map();
  /** @type {ts.Symbol[]} */
  const waiting = [];

  const resolved = (/** @type {ts.Symbol} */ symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const fileOf = (/** @type {ts.Symbol} */ symbol) =>
    posix(resolve(symbol.declarations?.[0]?.getSourceFile().fileName ?? ''));
  const isOurs = (/** @type {ts.Symbol} */ symbol) =>
    fileOf(symbol).startsWith(`${posix(resolve(root))}/`) && !fileOf(symbol).includes('/node_modules/');
  const isLibrary = (/** @type {ts.Symbol} */ symbol) =>
    symbol.declarations?.some((one) => program.isSourceFileDefaultLibrary(one.getSourceFile())) ?? false;

  /** @type {Map<ts.Type, ts.Symbol>} shapes of the wire that have a name, so that they are named where they occur inside others */
  const named = new Map();
  for (const file of program.getSourceFiles()) {
    const module = checker.getSymbolAtLocation(file);
    if (!module || !isOurs(module) || fileOf(module).startsWith(folder)) continue;
    for (const symbol of checker.getExportsOfModule(module)) {
      if ((symbol.flags & ts.SymbolFlags.TypeAlias) === 0) continue;
      const type = checker.getDeclaredTypeOfSymbol(symbol);
      if (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Union) && !named.has(type)) named.set(type, symbol);
    }
  }

  /** @param {ts.Symbol} symbol */
  function nameOf(symbol) {
    const known = names.get(symbol);
    if (known) return known;
    const taken = new Set(names.values());
    let name = symbol.name;
    for (let n = 2; taken.has(name); n += 1) name = `${symbol.name}${n}`;
    names.set(symbol, name);
    waiting.push(symbol);
    return name;
  }

  const isTopLevel = (/** @type {ts.Symbol} */ symbol) =>
    symbol.declarations?.some((one) => {
      const holder = ts.isVariableDeclaration(one) ? one.parent.parent.parent : one.parent;
      return ts.isSourceFile(holder);
    }) ?? false;

  /** A brand keeps other people's strings out; on the wire, and for a customer, it is the plain value. */
  const isBrand = (/** @type {ts.Type} */ type) =>
    (type.flags & ts.TypeFlags.Object) !== 0 &&
    checker.getPropertiesOfType(type).length > 0 &&
    checker.getPropertiesOfType(type).every((property) => property.escapedName.toString().startsWith('__@'));

  /** @param {ts.Type} type @param {readonly ts.Type[]} within @param {ts.Symbol} [root] */
  function written(type, within = [], root) {
    const alias = type.aliasSymbol;
    if (alias && alias !== root && isOurs(alias) && isTopLevel(alias) && !type.aliasTypeArguments && !isBranded(type)) {
      return nameOf(alias);
    }
    const same = named.get(type);
    if (same && same !== root) return nameOf(same);
    const symbol = type.getSymbol();
    if (symbol && symbol !== root && isOurs(symbol) && isTopLevel(symbol) && symbol.flags & ts.SymbolFlags.Interface) {
      return nameOf(symbol);
    }
    if (within.includes(type)) {
      throw new Error(`${root?.name ?? 'a type'} holds itself without a name; give the inner type a name of its own`);
    }
    return expanded(type, [...within, type], root);
  }

  /** Such shapes are written as one where they are intersected. */
  const isPlainObject = (/** @type {ts.Type} */ type) =>
    (type.flags & ts.TypeFlags.Object) !== 0 &&
    !isBrand(type) &&
    !checker.isArrayType(type) &&
    !checker.isTupleType(type) &&
    type.getCallSignatures().length === 0 &&
    !(
      type.getSymbol() &&
      isLibrary(/** @type {ts.Symbol} */ (type.getSymbol())) &&
      type.getSymbol()?.name !== '__type'
    );

  const isBranded = (/** @type {ts.Type} */ type) => type.isIntersection() && type.types.some(isBrand);

  /** @param {ts.Type} type @param {readonly ts.Type[]} within @param {ts.Symbol | undefined} root @returns {string} */
  function expanded(type, within, root) {
    if (type.isUnion()) return unionWritten(type.types, within, root);
    if (type.isIntersection() && type.types.every(isPlainObject)) return objectWritten(type, within, root);
    if (type.isIntersection()) {
      const kept = type.types.filter((one) => !isBrand(one)).map((one) => written(one, within, root));
      return kept.length === 1 ? (kept[0] ?? '') : kept.map((one) => `(${one})`).join(' & ');
    }
    if (type.flags & ts.TypeFlags.Any) throw new Error(`${root?.name ?? 'a type'} comes to any`);
    if (!(type.flags & ts.TypeFlags.Object))
      return checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation);
    if (checker.isTupleType(type) || checker.isArrayType(type)) return listWritten(type, within, root);
    const symbol = type.getSymbol();
    if (symbol && isLibrary(symbol) && symbol.name !== '__type') {
      const inner = checker
        .getTypeArguments(/** @type {ts.TypeReference} */ (type))
        .map((one) => written(one, within, root));
      return inner.length > 0 ? `${symbol.name}<${inner.join(', ')}>` : symbol.name;
    }
    if (type.getCallSignatures().length + type.getConstructSignatures().length > 0) {
      throw new Error(`${root?.name ?? 'a type'} of the wire holds a function`);
    }
    if (symbol && !isOurs(symbol) && !/^__(type|object)$/.test(symbol.name)) {
      throw new Error(`${root?.name ?? 'a type'} mentions ${symbol.name} of ${fileOf(symbol)}`);
    }
    return objectWritten(type, within, root);
  }

  /** @param {readonly ts.Type[]} types @param {readonly ts.Type[]} within @param {ts.Symbol} [root] */
  function unionWritten(types, within, root) {
    const parts = types.map((one) => written(one, within, root));
    const both = parts.includes('true') && parts.includes('false');
    const kept = both ? [...parts.filter((one) => one !== 'true' && one !== 'false'), 'boolean'] : parts;
    const last = ['null', 'undefined'].filter((one) => kept.includes(one));
    return [...new Set([...kept.filter((one) => !last.includes(one)), ...last])].join(' | ');
  }

  /** @param {ts.Type} type @param {readonly ts.Type[]} within @param {ts.Symbol} [root] */
  function listWritten(type, within, root) {
    const reference = /** @type {ts.TypeReference} */ (type);
    const inner = checker.getTypeArguments(reference).map((one) => written(one, within, root));
    if (!checker.isTupleType(type)) {
      const word = type.getSymbol()?.name === 'ReadonlyArray' ? 'ReadonlyArray' : 'Array';
      return `${word}<${inner[0]}>`;
    }
    const tuple = /** @type {ts.TupleType} */ (reference.target);
    const marks = inner.map((one, i) => {
      const flags = tuple.elementFlags[i] ?? ts.ElementFlags.Required;
      if (flags & ts.ElementFlags.Rest) return `...Array<${one}>`;
      return flags & ts.ElementFlags.Optional ? `(${one})?` : one;
    });
    return `${tuple.readonly ? 'readonly ' : ''}[${marks.join(', ')}]`;
  }

  /** @param {ts.Type} type @param {readonly ts.Type[]} within @param {ts.Symbol} [root] */
  function objectWritten(type, within, root) {
    const lines = checker.getIndexInfosOfType(type).map(({ keyType, type: value, isReadonly }) => {
      return `${isReadonly ? 'readonly ' : ''}[key: ${checker.typeToString(keyType)}]: ${written(value, within, root)};`;
    });
    for (const property of checker.getPropertiesOfType(type)) {
      const optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
      const name = /^[A-Za-z_$][\w$]*$/.test(property.name) ? property.name : JSON.stringify(property.name);
      const said = ts.displayPartsToString(property.getDocumentationComment(checker));
      if (said) lines.push(`/** ${said.replaceAll('*/', '* /').replaceAll('\n', '\n * ')} */`);
      lines.push(`${name}${optional ? '?' : ''}: ${propertyWritten(checker.getTypeOfSymbol(property), within, root)};`);
    }
    if (lines.length === 0) return '{}';
    return `{\n${lines.map((line) => line.replaceAll(/^/gm, '  ')).join('\n')}\n}`;
  }

  // Under exactOptionalPropertyTypes an optional property carries a hidden "missing" beside what it may hold. The
  // question mark says that already.
  /** @param {ts.Type} type @param {readonly ts.Type[]} within @param {ts.Symbol} [root] */
  function propertyWritten(type, within, root) {
    const isMissing = (/** @type {ts.Type} */ one) =>
      (one.flags & ts.TypeFlags.Undefined) !== 0 && one !== checker.getUndefinedType();
    if (!type.isUnion() || !type.types.some(isMissing)) return written(type, within, root);
    const rest = type.types.filter((one) => !isMissing(one));
    return unionWritten(rest, within, root);
  }

  /**
   * A declaration as its text, with every reference to ours renamed to what it is called in the one file.
   * @param {ts.Node} node
   */
  function copied(node) {
    const file = node.getSourceFile();
    /** @type {{ start: number, end: number, text: string }[]} */
    const edits = [];
    /** @param {ts.Node} at */
    const visit = (at) => {
      if (ts.isImportTypeNode(at) && at.qualifier) {
        const symbol = checker.getSymbolAtLocation(at.qualifier);
        if (symbol) reference(at.getStart(file), at.qualifier.getEnd(), resolved(symbol));
        at.typeArguments?.forEach(visit);
        return;
      }
      if (ts.isModifier(at) && at.kind === ts.SyntaxKind.ExportKeyword) {
        edits.push({ start: at.getStart(file), end: at.getEnd() + 1, text: '' });
        return;
      }
      if (ts.isIdentifier(at)) {
        const symbol = checker.getSymbolAtLocation(at);
        const target = symbol && resolved(symbol);
        if (target && isReference(at, target)) reference(at.getStart(file), at.getEnd(), target);
      }
      ts.forEachChild(at, visit);
    };
    /** @param {number} start @param {number} end @param {ts.Symbol} symbol */
    const reference = (start, end, symbol) => {
      if (isLibrary(symbol)) return;
      if (!isOurs(symbol)) throw new Error(`${file.fileName} mentions ${symbol.name} of ${fileOf(symbol)}`);
      edits.push({ start, end, text: nameOf(symbol) });
    };
    visit(node);
    let text = file.text;
    for (const edit of edits.sort((a, b) => b.start - a.start)) {
      text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
    }
    const grown = text.length - file.text.length;
    return text.slice(node.getFullStart(), node.getEnd() + grown).trim();
  }

  /** Members, parameters and type parameters stay as they are; only top-level names may need another one. */
  const isReference = (/** @type {ts.Identifier} */ at, /** @type {ts.Symbol} */ symbol) => {
    if (ts.isPropertySignature(at.parent) || ts.isPropertyAssignment(at.parent)) return false;
    return (
      symbol.declarations !== undefined &&
      (isTopLevel(symbol) || !isOurs(symbol)) &&
      !isLibrary(symbol) &&
      !isParameterLike(symbol)
    );
  };
  const isParameterLike = (/** @type {ts.Symbol} */ symbol) =>
    symbol.declarations?.some(
      (one) => ts.isParameter(one) || ts.isTypeParameterDeclaration(one) || ts.isPropertySignature(one),
    ) ?? false;

  /** Does a declaration of the wire lean on a schema, so that its text would need zod? */
  const needsWritingOut = (/** @type {ts.Node} */ node) => {
    let found = false;
    /** @param {ts.Node} at */
    const visit = (at) => {
      if (ts.isTypeQueryNode(at)) found = true;
      if (ts.isIdentifier(at)) {
        const symbol = checker.getSymbolAtLocation(at);
        const target = symbol && resolved(symbol);
        if (target && !isOurs(target) && !isLibrary(target) && target.declarations) found = true;
      }
      if (!found) ts.forEachChild(at, visit);
    };
    visit(node);
    return found;
  };

  /** @param {ts.Symbol} symbol */
  function statement(symbol) {
    const all = symbol.declarations ?? [];
    const fromSdk = fileOf(symbol).startsWith(folder);
    return all.map((one) => {
      const node = ts.isVariableDeclaration(one) ? one.parent.parent : one;
      if (fromSdk) return copied(node);
      const type = checker.getDeclaredTypeOfSymbol(symbol);
      if (!needsWritingOut(node) && !isBranded(type)) return copied(node);
      if (!ts.isTypeAliasDeclaration(one)) throw new Error(`${symbol.name} of the wire is no type`);
      const said = ts.displayPartsToString(symbol.getDocumentationComment(checker));
      return `${said ? `/** ${said.replaceAll('\n', '\n * ')} */\n` : ''}type ${names.get(symbol)} = ${written(type, [], symbol)};`;
    });
  }

  const exported = checker.getExportsOfModule(entrySymbol).map((symbol) => {
    const target = resolved(symbol);
    return { as: symbol.name, name: nameOf(target), isType: (target.flags & ts.SymbolFlags.Value) === 0 };
  });
  const statements = [];
  for (let symbol = waiting.shift(); symbol; symbol = waiting.shift()) statements.push(...statement(symbol));
  if (exportAll) {
    for (const [symbol, name] of names) {
      if (!exported.some((one) => one.name === name)) {
        exported.push({ as: name, name, isType: (symbol.flags & ts.SymbolFlags.Value) === 0 });
      }
    }
  }
  const list = exported
    .sort((a, b) => a.as.localeCompare(b.as, 'en'))
    .map(({ as, name, isType }) => `${isType ? 'type ' : ''}${name === as ? name : `${name} as ${as}`}`);
  const wire = [...names].filter(([symbol]) => !fileOf(symbol).startsWith(folder));
  return {
    text: `${[...statements, `export { ${list.join(', ')} };`].join('\n\n')}\n`,
    wire: Object.fromEntries(wire.map(([symbol, name]) => [name, fileOf(symbol)])),
  };
}
