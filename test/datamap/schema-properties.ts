interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly description?: string;
}

/** Every property of every object in a JSON Schema, by its way there. */
export function propertiesOf(node: unknown, at = ''): [string, SchemaNode][] {
  if (typeof node !== 'object' || node === null) return [];
  const own = Object.entries((node as SchemaNode).properties ?? {});
  return [
    ...own.map(([name, property]): [string, SchemaNode] => [`${at}.${name}`, property]),
    ...Object.entries(node).flatMap(([key, value]) => propertiesOf(value, `${at}.${key}`)),
  ];
}
