// A table that becomes cards on a phone. The style sheet then takes its display away, and with it its meaning to those who
// listen, so that meaning is said in roles as well.

import type { Child, FC, PropsWithChildren } from 'hono/jsx';

export interface Column {
  name: string;
  /** Numbers stand at the end of their cell. */
  end?: boolean;
}

const is = (role: string) => ({ role });

export const Table: FC<PropsWithChildren<{ label: string; columns: readonly Column[]; id?: string }>> = ({
  label,
  columns,
  id,
  children,
}) => (
  <table class="cards" aria-label={label} {...is('table')}>
    <thead {...is('rowgroup')}>
      <tr {...is('row')}>
        {columns.map((column) => (
          <th scope="col" class={column.end ? 'end' : undefined} {...is('columnheader')}>
            {column.name}
          </th>
        ))}
      </tr>
    </thead>
    <tbody id={id} {...is('rowgroup')}>
      {children}
    </tbody>
  </table>
);

/** `cells` in the order of the columns; an empty one is left out of the card. */
export const Row: FC<{
  columns: readonly Column[];
  cells: readonly (Child | null)[];
  /** Tells the row from its neighbours when a page mends itself. */
  rowKey?: string;
}> = ({ columns, cells, rowKey }) => (
  <tr data-key={rowKey} {...is('row')}>
    {cells.map((cell, index) => {
      const column = columns[index]!;
      return (
        <td
          data-label={column.name === '' ? undefined : column.name}
          class={[column.end ? 'end' : '', cell === null ? 'none' : ''].filter(Boolean).join(' ') || undefined}
          {...is('cell')}
        >
          {cell !== null && <div>{cell}</div>}
        </td>
      );
    })}
  </tr>
);

/** The way to the rows after these. */
export const More: FC<{ href: string; words?: string }> = ({ href, words = 'Show more' }) => (
  <p class="more-link">
    <a href={href} rel="next">
      {words}
    </a>
  </p>
);
