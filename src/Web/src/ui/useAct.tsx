import { App } from 'antd';
import { useCallback, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorText } from './bits';

/** Runs a deed, says that it is done, or what was refused and why. Returns whether it was done. */
export function useAct() {
  const { message, notification } = App.useApp();
  return useCallback(
    async (deed: () => Promise<unknown>, done: string, title: string): Promise<boolean> => {
      try {
        await deed();
        if (done) void message.success(done);
        return true;
      } catch (error) {
        notification.error({ title, description: <ErrorText error={error} />, duration: 0 });
        return false;
      }
    },
    [message, notification],
  );
}

/** Asks before a deed that ends or changes something, and says what. */
export function useAsk() {
  const { modal } = App.useApp();
  const { t } = useTranslation();
  const act = useAct();
  return useCallback(
    (question: { title: string; what: ReactNode; ok: string; danger?: boolean; done: string }, deed: () => Promise<unknown>) =>
      modal.confirm({
        title: question.title,
        content: question.what,
        okText: question.ok,
        okButtonProps: { danger: question.danger ?? true },
        cancelText: t('common.back'),
        onOk: () => act(deed, question.done, question.title).then(() => undefined),
      }),
    [modal, act, t],
  );
}
