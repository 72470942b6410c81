import type { JsonObject } from '@bufbuild/protobuf';
import { Input } from 'antd';
import { lazy, Suspense } from 'react';
import type { Validate } from './assist';

const CodeEditor = lazy(() => import('./CodeEditor'));

export interface JsonEditorProps {
  value: string;
  label: string;
  onChange?: (text: string) => void;
  onSave?: () => void;
  readOnly?: boolean;
  /** What may stand where; offered while somebody writes. */
  schema?: JsonObject | undefined;
  /** What the server would say of the text, by path. */
  validate?: Validate | undefined;
  tall?: boolean;
  id?: string;
  'aria-describedby'?: string;
}

/** JSON with colours, folding, completion and what is wrong at its place. Until the editor is there, a plain field takes its place. */
export function JsonEditor(props: JsonEditorProps) {
  const { value, label, onChange, readOnly } = props;
  return (
    <Suspense
      fallback={
        <Input.TextArea
          className="json"
          aria-label={label}
          readOnly={readOnly}
          autoSize={{ minRows: 4, maxRows: 40 }}
          value={value}
          onChange={(event) => onChange?.(event.target.value)}
        />
      }
    >
      <CodeEditor {...props} />
    </Suspense>
  );
}
