import type { Client } from '@connectrpc/connect';
import { Button, Input } from 'antd';
import { useId, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuthService, LoginResponse } from '../gen/orbit/v1/auth_pb';
import { LanguageSwitch, ThemeSwitch } from '../app/switches';
import { useTitle } from '../app/title';
import { ErrorText } from '../ui/bits';
import './signin.css';

interface Props {
  auth: Client<typeof AuthService>;
  why: 'never' | 'ended' | 'left' | 'away';
  onSignedIn(login: LoginResponse): void;
}

const LAST_EMAIL = 'orbit.email';

export function SignInPage({ auth, why, onSignedIn }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const [email, setEmail] = useState(() => localStorage.getItem(LAST_EMAIL) ?? '');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [asAdmin, setAsAdmin] = useState(false);
  const [codeSent, setCodeSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  useTitle(t('signIn.title'));

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const login = await auth.login({ email, password: asAdmin ? password : '', code }, { headers: { 'x-orbit-cookie': '1' } });
      localStorage.setItem(LAST_EMAIL, login.email);
      if (login.codeSent) setCodeSent(true);
      else onSignedIn(login);
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="signin">
      <form className="panel" onSubmit={(event) => void submit(event)}>
        <div className="row">
          <img src="/orbit.svg" alt="" width="30" height="30" />
          <h1 className="grow">{t('signIn.title')}</h1>
        </div>
        {why === 'ended' && (
          <div className="notice warn" role="alert">
            {t('signIn.ended')}
          </div>
        )}
        {why === 'away' && (
          <div className="notice warn" role="status">
            {t('signIn.away')}
          </div>
        )}
        {why === 'left' && <div className="notice">{t('signIn.left')}</div>}
        <div className="field">
          <label htmlFor={`${id}email`}>{t('signIn.email')}</label>
          <Input
            id={`${id}email`}
            type="email"
            autoComplete="username"
            autoFocus
            required
            maxLength={254}
            value={email}
            onChange={(e) => setEmail(e.target.value)}
            size="large"
          />
        </div>
        {asAdmin && (
          <div className="field">
            <label htmlFor={`${id}password`}>{t('signIn.password')}</label>
            <Input.Password
              id={`${id}password`}
              autoComplete="current-password"
              autoFocus
              required
              value={password}
              onChange={(e) => setPassword(e.target.value)}
              size="large"
            />
          </div>
        )}
        {codeSent && (
          <div className="field">
            <label htmlFor={`${id}code`}>{t('signIn.code', { email })}</label>
            <Input
              id={`${id}code`}
              inputMode="numeric"
              autoComplete="one-time-code"
              autoFocus
              required
              value={code}
              onChange={(e) => setCode(e.target.value)}
              size="large"
            />
          </div>
        )}
        {error !== undefined && (
          <div className="notice bad" role="alert">
            <div>
              <ErrorText error={error} />
            </div>
          </div>
        )}
        <Button type="primary" htmlType="submit" size="large" block loading={busy}>
          {codeSent ? t('signIn.confirm') : t('signIn.submit')}
        </Button>
        <button type="button" className="plain link" onClick={() => setAsAdmin(!asAdmin)}>
          {asAdmin ? t('signIn.asUser') : t('signIn.asAdmin')}
        </button>
      </form>
      <footer className="row">
        <LanguageSwitch />
        <ThemeSwitch />
      </footer>
    </main>
  );
}
