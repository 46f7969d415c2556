// Reads the import table of architecture.md and judges sources by it. Owns no rule of its own that the page does not
// state in words; reads no file: pages and sources come in as text.

import { posix } from 'node:path';
import ts from 'typescript';

export interface House {
  /** `collector/events` → 2; `collector/capabilities/*` stands for each folder under it. */
  floors: ReadonlyMap<string, number>;
  /** Unit → units it may import although they don't lie below it. */
  stated: ReadonlyMap<string, readonly string[]>;
}

/** The first rows under a header that reads like this. */
const tableRows = (page: string, header: readonly string[]): string[][] => {
  const cells = (line: string): string[] =>
    line
      .replace(/^\||\|$/g, '')
      .split('|')
      .map((cell) => cell.trim());
  const lines = page.split('\n');
  const head = lines.findIndex((line) => line.startsWith('|') && cells(line).join('|') === header.join('|'));
  if (head < 0) throw new Error(`docs/architecture.md has no table headed ${header.join(' | ')}`);
  const rest = lines.slice(head + 2);
  const end = rest.findIndex((line) => !line.startsWith('|'));
  return rest.slice(0, end < 0 ? undefined : end).map(cells);
};

const unitNames = (cell: string): string[] =>
  cell
    .replace(/\([^)]*\)/g, '')
    .split(',')
    .map((name) => name.replaceAll('`', '').trim())
    .filter((name) => name !== '');

export const readHouse = (page: string): House => {
  const floors = new Map<string, number>();
  // On two floors a unit would stand on the one that is read last, and the other would be a word nobody keeps.
  const put = (name: string, floor: number): void => {
    if (floors.has(name))
      throw new Error(`docs/architecture.md puts ${name} on floor ${floors.get(name)} and on ${floor}`);
    floors.set(name, floor);
  };
  for (const [floor, collector, sdk] of tableRows(page, ['floor', 'collector', 'sdk'])) {
    for (const name of unitNames(collector ?? '')) put(`collector/${name}`, Number(floor));
    for (const name of unitNames(sdk ?? '')) put(`sdk/${name}`, Number(floor));
  }
  const stated = new Map<string, string[]>();
  const side = (name: string): string => (/^(collector|sdk)\//.test(name) ? name : `collector/${name}`);
  for (const [from, to] of tableRows(page, ['from', 'may also import', 'because'])) {
    for (const name of unitNames(from ?? '')) stated.set(side(name), unitNames(to ?? '').map(side));
  }
  // `capabilities/*` puts the folders on a floor; the list beside them stands on the same one.
  for (const [name, floor] of [...floors]) if (name.endsWith('/*')) floors.set(name.slice(0, -2), floor);
  return { floors, stated };
};

/** The unit a file belongs to, in words of the table; undefined when the table has no room for it. */
export const unitOf = (house: House, path: string): string | undefined => {
  const parts = path.replace(/\.\w+$/, '').split('/');
  for (let length = parts.length; length >= 2; length -= 1) {
    const name = parts.slice(0, length).join('/');
    const wild = `${parts.slice(0, length - 1).join('/')}/*`;
    // A folder under a starred one is a unit; a file directly in it belongs to the list.
    if (house.floors.has(wild) && length < parts.length) return name;
    if (house.floors.has(name)) return name;
  }
  return undefined;
};

const floorOf = (house: House, unit: string): number =>
  house.floors.get(unit) ?? house.floors.get(`${posix.dirname(unit)}/*`) ?? Number.NaN;

const isStated = (house: House, from: string, to: string): boolean =>
  (house.stated.get(from) ?? []).some(
    (name) => name === to || (name.endsWith('/*') && posix.dirname(to) === name.slice(0, -2)),
  );

export interface Import {
  specifier: string;
  typeOnly: boolean;
  /** What is taken by name; empty for a namespace, a default, a side effect or an import(). */
  names: readonly string[];
}

const parsed = (path: string, text: string): ts.SourceFile =>
  ts.createSourceFile(
    path,
    text,
    ts.ScriptTarget.ES2022,
    true,
    path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  );

const visitAll = (node: ts.Node, see: (node: ts.Node) => void): void => {
  see(node);
  ts.forEachChild(node, (child) => visitAll(child, see));
};

const textOf = (node: ts.Node | undefined): string | undefined =>
  node && ts.isStringLiteralLike(node) ? node.text : undefined;

const importsOf = (file: ts.SourceFile): Import[] => {
  const found: Import[] = [];
  const add = (specifier: string | undefined, typeOnly: boolean, names: readonly string[] = []): void => {
    if (specifier !== undefined) found.push({ specifier, typeOnly, names });
  };
  visitAll(file, (node) => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const bindings = clause?.namedBindings;
      const elements = bindings && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
      const eachIsType = elements.length > 0 && !clause?.name && elements.every((element) => element.isTypeOnly);
      const values = elements.filter((element) => !element.isTypeOnly);
      add(
        textOf(node.moduleSpecifier),
        clause?.isTypeOnly === true || eachIsType,
        clause?.isTypeOnly ? [] : values.map((element) => (element.propertyName ?? element.name).text),
      );
    } else if (ts.isExportDeclaration(node)) {
      const elements = node.exportClause && ts.isNamedExports(node.exportClause) ? [...node.exportClause.elements] : [];
      const eachIsType = elements.length > 0 && elements.every((element) => element.isTypeOnly);
      add(textOf(node.moduleSpecifier), node.isTypeOnly || eachIsType);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(textOf(node.argument.literal), true);
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      add(textOf(node.moduleReference.expression), node.isTypeOnly);
    } else if (ts.isCallExpression(node)) {
      const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
      const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require';
      if (isImport || isRequire) add(textOf(node.arguments[0]), false);
    }
  });
  return found;
};

// --- rules beside the floors ------------------------------------------------------------------------------------------

const databaseDrivers = /^(better-sqlite3|pg|pg-.*|postgres|mysql2?|libsql|@libsql\/.*|sqlite3|node:sqlite|kysely-.*)$/;
const databaseDialects = /(Dialect|Driver|Adapter|Introspector)$/;
const brokers = /^(nats|@nats-io\/.*|kafkajs|amqplib|ioredis|redis)(\/.*)?$/;
const hono = /^hono(\/.*)?$|^@hono\//;
const honoRooms = /^collector\/(ingest|app|serve|dashboard|capabilities\/[^/]+\/(routes|page))(\/|\.tsx?$)/;
const homeless = /(^|\/)(utils?|helpers?|common|types)\//;

const pageGlobals = new Set(
  `window document history location navigator screen self top parent globalThis frames localStorage sessionStorage
  indexedDB caches cookieStore fetch XMLHttpRequest WebSocket EventSource BroadcastChannel Worker setTimeout setInterval
  clearTimeout clearInterval requestAnimationFrame cancelAnimationFrame requestIdleCallback cancelIdleCallback performance
  crypto addEventListener removeEventListener dispatchEvent matchMedia getComputedStyle MutationObserver
  IntersectionObserver PerformanceObserver ResizeObserver Image innerWidth innerHeight visualViewport`.split(/\s+/),
);

/** Names that the file itself binds; what it only declares to exist (`declare const window`) is still a global. */
const boundNames = (file: ts.SourceFile): Set<string> => {
  const bound = new Set<string>();
  const isAmbient = (node: ts.Node): boolean =>
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.DeclareKeyword);
  const bind = (node: ts.Node): void => {
    if (isAmbient(node)) return;
    const isBinding =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isFunctionExpression(node) ||
      ts.isClassDeclaration(node) ||
      ts.isImportSpecifier(node) ||
      ts.isImportClause(node) ||
      ts.isNamespaceImport(node);
    if (isBinding && node.name && ts.isIdentifier(node.name)) bound.add(node.name.text);
    ts.forEachChild(node, bind);
  };
  bind(file);
  return bound;
};

const isFreeReference = (node: ts.Identifier, bound: ReadonlySet<string>): boolean => {
  const { parent } = node;
  if (bound.has(node.text)) return false;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return false;
  if (ts.isBindingElement(parent) && parent.propertyName === node) return false;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  if (ts.isDeclarationStatement(parent) || ts.isVariableDeclaration(parent)) return parent.name !== node;
  if (ts.isClassElement(parent) || ts.isTypeElement(parent)) return parent.name !== node;
  if (ts.isJsxAttribute(parent) || ts.isLabeledStatement(parent) || ts.isParameter(parent)) return false;
  return !ts.isPartOfTypeNode(node) && !ts.isTypeQueryNode(parent) && !ts.isQualifiedName(parent);
};

const touchesOfThePage = (file: ts.SourceFile): string[] => {
  const bound = boundNames(file);
  const found = new Set<string>();
  visitAll(file, (node) => {
    if (ts.isIdentifier(node) && pageGlobals.has(node.text) && isFreeReference(node, bound)) found.add(node.text);
    if (ts.isPropertyAccessExpression(node) && /^(Date\.now|Math\.random)$/.test(node.getText(file))) {
      found.add(node.getText(file));
    }
    if (ts.isNewExpression(node) && node.expression.getText(file) === 'Date' && !node.arguments?.length) {
      found.add('new Date()');
    }
  });
  return [...found];
};

const readsEnvironment = (file: ts.SourceFile): boolean => {
  let reads = false;
  const isProcess = (node: ts.Node): boolean =>
    (ts.isIdentifier(node) && node.text === 'process') ||
    (ts.isPropertyAccessExpression(node) && node.name.text === 'process') ||
    ts.isMetaProperty(node);
  visitAll(file, (node) => {
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'env' && isProcess(node.expression)) reads = true;
    if (ts.isElementAccessExpression(node) && isProcess(node.expression) && textOf(node.argumentExpression) === 'env')
      reads = true;
    if (
      ts.isVariableDeclaration(node) &&
      ts.isObjectBindingPattern(node.name) &&
      node.initializer &&
      isProcess(node.initializer)
    ) {
      if (node.name.elements.some((element) => (element.propertyName ?? element.name).getText(file) === 'env'))
        reads = true;
    }
  });
  return reads || importsOf(file).some((one) => /^(node:)?process$/.test(one.specifier) && one.names.includes('env'));
};

/** What these packages are for says where they may be named. */
const packageOffence = (path: string, { specifier, names }: Import): string | undefined => {
  if (!path.startsWith('collector/')) return undefined;
  if (!path.startsWith('collector/store/')) {
    if (databaseDrivers.test(specifier)) return 'only store imports a database driver';
    if (specifier === 'kysely' && names.some((name) => databaseDialects.test(name)))
      return 'only store imports a database driver';
  }
  if (brokers.test(specifier) && !path.startsWith('collector/log/')) return 'only log imports a broker client';
  if (hono.test(specifier) && !honoRooms.test(path)) {
    return "only ingest, app, serve, dashboard and a rib's routes or page import hono";
  }
  if (path.startsWith('collector/contract/') && specifier !== 'zod' && !specifier.startsWith('zod/')) {
    return 'contract imports no package but zod';
  }
  return undefined;
};

const floorOffence = (house: House, path: string, target: string, typeOnly: boolean): string | undefined => {
  const [side, otherSide] = [path.split('/')[0], target.split('/')[0]];
  if (side === 'sdk' && otherSide === 'collector') {
    if (!target.startsWith('collector/contract/')) return 'sdk takes only the types of contract';
    return typeOnly ? undefined : 'sdk never imports a value from collector';
  }
  if (side === 'collector' && otherSide === 'sdk') return 'collector never imports sdk';
  if (side === 'examples') return otherSide === 'collector' ? 'an example imports nothing of collector' : undefined;
  if (otherSide === 'examples') {
    return /^collector\/(app|serve)(\/|\.tsx?$)/.test(path) ? undefined : 'only app and serve import an example';
  }
  if (otherSide !== side) return undefined;
  const [from, to] = [unitOf(house, path), unitOf(house, target)];
  if (from === undefined) return 'the importing file has no floor in docs/architecture.md';
  if (to === undefined) return 'the imported file has no floor in docs/architecture.md';
  if (from === to || isStated(house, from, to)) return undefined;
  const [fromFloor, toFloor] = [floorOf(house, from), floorOf(house, to)];
  if (toFloor < fromFloor) return undefined;
  return `${from} (floor ${fromFloor}) may not import ${to} (floor ${toFloor})`;
};

/** A relative specifier as the path it means, `.js` read as the source it is built from. */
const targetOf = (path: string, specifier: string, files: ReadonlyMap<string, string>): string => {
  const plain = posix.normalize(posix.join(posix.dirname(path), specifier));
  const stem = plain.replace(/\.jsx?$/, '');
  const candidates = [`${stem}.ts`, `${stem}.tsx`, plain, `${plain}/index.ts`, `${plain}/index.tsx`];
  return candidates.find((candidate) => files.has(candidate)) ?? plain;
};

const isApart = /\.(test|bench|fixture)\.[jt]sx?$|(^|\/)fixtures\//;

/** Every offence in these sources (path from the root → text), as a sentence that names the pair. */
export const offences = (house: House, files: ReadonlyMap<string, string>): string[] => {
  const found: string[] = [];
  for (const [path, text] of files) {
    if (homeless.test(path)) found.push(`${path}: no folder is called utils, helpers, common or types`);
    if (isApart.test(path)) continue;
    const file = parsed(path, text);
    const imports = importsOf(file);
    if (path.endsWith('.tsx')) imports.push({ specifier: 'hono/jsx', typeOnly: false, names: [] });
    for (const one of imports) {
      const isRelative = one.specifier.startsWith('.');
      const target = isRelative ? targetOf(path, one.specifier, files) : one.specifier;
      const why = isRelative ? floorOffence(house, path, target, one.typeOnly) : packageOffence(path, one);
      if (isRelative && isApart.test(target))
        found.push(`${path} → ${target}: only tests import what is made for tests`);
      else if (why) found.push(`${path} → ${target}: ${why}`);
    }
    if (unitOf(house, path) === undefined && /^(collector|sdk)\//.test(path)) {
      found.push(`${path}: has no floor in docs/architecture.md`);
    }
    if (path.startsWith('sdk/') && !path.startsWith('sdk/browser/')) {
      for (const name of touchesOfThePage(file))
        found.push(`${path} → ${name}: only sdk/browser touches the browser's globals`);
    }
    if (path.startsWith('collector/') && path !== 'collector/config.ts' && readsEnvironment(file)) {
      found.push(`${path} → process.env: only collector/config.ts reads the environment`);
    }
  }
  return found;
};
