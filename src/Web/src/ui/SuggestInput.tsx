import { Input, type InputProps } from 'antd';
import { useId } from 'react';

/** A text with what is known already to choose from; anything else may be typed as well. */
export function SuggestInput({ options, ...input }: Omit<InputProps, 'list'> & { options: readonly string[] }) {
  const id = useId();
  return (
    <>
      <Input {...input} list={id} />
      <datalist id={id}>
        {options.map((option) => (
          <option key={option} value={option} />
        ))}
      </datalist>
    </>
  );
}
