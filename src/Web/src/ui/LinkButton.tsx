import { createLink } from '@tanstack/react-router';
import { Button, type ButtonProps } from 'antd';
import type { Ref } from 'react';

/** A link that looks like a button. */
export const LinkButton = createLink(function Anchor({ ref, ...props }: Omit<ButtonProps, 'ref'> & { ref?: Ref<HTMLAnchorElement> }) {
  return <Button ref={ref} {...props} />;
});
