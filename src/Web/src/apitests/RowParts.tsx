import { Button, Input, Select } from 'antd';
import type { CSSProperties } from 'react';

const REST: CSSProperties = { flex: '1 1 120px' };

/** A text in a row of the case form: as wide as said, or what is left. */
export function RowText({
  label,
  value,
  width,
  placeholder,
  onChange,
}: {
  label: string;
  value: string;
  width?: number | string;
  placeholder?: string | undefined;
  onChange: (value: string) => void;
}) {
  return (
    <Input
      size="small"
      className="mono"
      style={width === undefined ? REST : { width }}
      aria-label={label}
      placeholder={placeholder}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** A choice in a row of the case form. */
export function RowChoice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: { value: T; label: string }[];
  onChange: (value: T) => void;
}) {
  return <Select<T> size="small" style={{ width: 130 }} aria-label={label} value={value} onChange={onChange} options={options} />;
}

/** Takes the row away. */
export function RemoveRow({ label, disabled = false, onClick }: { label: string; disabled?: boolean; onClick: () => void }) {
  return (
    <Button size="small" type="text" disabled={disabled} aria-label={label} onClick={onClick}>
      ✕
    </Button>
  );
}
