import { Button } from 'antd';
import type { CSSProperties, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Loading } from './bits';

/** The heading of a column; one that is not seen is for screen readers. */
export type Column = string | { title: string; unseen?: boolean; className?: string; style?: CSSProperties };

/** A list that comes in pages, as TanStack Query has it. */
interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** A list as a table with a row each: says that it loads, what to do when nothing is there, and fetches the next page when asked. */
export function ListTable({
  pending = false,
  empty,
  columns,
  actions = false,
  pages,
  children,
}: {
  pending?: boolean;
  empty?: ReactNode;
  columns: Column[];
  /** Whether the rows end with buttons. */
  actions?: boolean;
  pages?: Pages;
  children: ReactNode[];
}) {
  const { t } = useTranslation();
  if (pending) return <Loading />;
  return (
    <>
      {children.length === 0 && empty ? (
        empty
      ) : (
        <table className="table">
          <thead>
            <tr>
              {columns.map(headingOf)}
              {actions && headingOf({ title: t('common.actions'), unseen: true })}
            </tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      )}
      {pages?.hasNextPage && (
        <div className="empty">
          <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {t('common.more')}
          </Button>
        </div>
      )}
    </>
  );
}

function headingOf(column: Column) {
  const { title, unseen, className, style } = typeof column === 'string' ? { title: column } : column;
  return (
    <th key={title} className={className} style={style}>
      {unseen ? <span className="unseen">{title}</span> : title}
    </th>
  );
}
