import { toJson, type JsonValue } from '@bufbuild/protobuf';
import { ValueSchema, type Value } from '@bufbuild/protobuf/wkt';
import { useMutation, useQuery } from '@connectrpc/connect-query';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, InputNumber, Select, Switch } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../app/title';
import { SettingService, SettingType, type Setting } from '../gen/orbit/v1/settings_pb';
import { shortJson } from '../parameters/jsonDiff';
import { useSession } from '../session/SessionProvider';
import { Badge, Loading, Problem } from '../ui/bits';
import { When } from '../ui/time';
import { useAct } from '../ui/useAct';
import { allowedInChinese, CHINESE } from './chinese';

/** What operators change while the server runs. */
export function SettingsPage() {
  const { t } = useTranslation();
  useTitle(t('nav.settings'));
  const { me } = useSession();
  const [filter, setFilter] = useState('');
  const list = useQuery(SettingService.method.listSettings);
  const needle = filter.trim().toLowerCase();
  const rows = (list.data?.settings ?? []).filter(
    (one) => needle === '' || one.key.includes(needle) || one.description.toLowerCase().includes(needle),
  );
  return (
    <div className="page" style={{ maxWidth: 1000 }}>
      <header>
        <h1 className="grow">{t('nav.settings')}</h1>
        <Input
          allowClear
          style={{ width: 240 }}
          placeholder={t('settings.filter')}
          aria-label={t('settings.filter')}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </header>
      {!me.isAdmin && <p className="dim">{t('common.adminOnly')}</p>}
      {list.error && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending ? (
        <Loading />
      ) : (
        <ul className="panel">
          {rows.map((setting) => (
            <SettingRow key={`${setting.key}:${shortJson(plain(setting.value))}`} setting={setting} admin={me.isAdmin} />
          ))}
        </ul>
      )}
    </div>
  );
}

const plain = (value: Value | undefined): JsonValue | undefined =>
  value && value.kind.case !== undefined ? toJson(ValueSchema, value) : undefined;

function SettingRow({ setting, admin }: { setting: Setting; admin: boolean }) {
  const { t, i18n } = useTranslation();
  const act = useAct();
  const client = useQueryClient();
  const update = useMutation(SettingService.method.updateSettings);
  const words = wordsOf(setting, i18n.language);
  const stored = plain(setting.value);
  const [value, setValue] = useState<JsonValue | undefined>(stored);
  const secret = setting.type === SettingType.SECRET;
  const changed = secret ? value !== undefined && value !== '' : value !== stored;

  const save = async (next: JsonValue) => {
    if (await act(() => update.mutateAsync({ settings: { [setting.key]: next } }), t('common.saved'), setting.key))
      await client.invalidateQueries();
  };

  return (
    <li className="setting">
      <div className="grow">
        <label htmlFor={setting.key} className="mono">
          <b>{setting.key}</b>
        </label>{' '}
        {setting.isChanged && <Badge tone="run">{secret ? t('settings.set') : t('settings.changed')}</Badge>}
        <p className="dim">{words.description}</p>
        {setting.allowed && <p className="dim">{t('settings.allowed', { what: words.allowed })}</p>}
        {setting.updatedBy && (
          <p className="dim">
            {t('settings.by', { who: setting.updatedBy })} <When time={setting.updatedAt} />
          </p>
        )}
      </div>
      <div className="setting-value">
        <Control setting={setting} value={value} admin={admin} onChange={setValue} onEnter={() => changed && void save(value ?? '')} />
        {admin && (changed || setting.isChanged) && (
          <span className="row" style={{ gap: 4 }}>
            {changed && (
              <Button
                size="small"
                type="primary"
                loading={update.isPending}
                onClick={() => void save(value ?? '')}
                aria-label={`${t('common.save')} ${setting.key}`}
              >
                {t('common.save')}
              </Button>
            )}
            {setting.isChanged && (
              <Button size="small" onClick={() => void save(null)} aria-label={`${t('settings.reset')} ${setting.key}`}>
                {t('settings.reset')}
              </Button>
            )}
          </span>
        )}
      </div>
    </li>
  );
}

/** What a setting does and may hold, in the reader's language; the server's description ends with what is allowed. */
function wordsOf({ key, description, allowed }: Setting, language: string): { description: string; allowed: string } {
  const english = description.replace(` Allowed: ${allowed}.`, '');
  return language === 'zh-CN'
    ? { description: CHINESE[key] ?? english, allowed: allowedInChinese(allowed) }
    : { description: english, allowed };
}

function Control({
  setting,
  value,
  admin,
  onChange,
  onEnter,
}: {
  setting: Setting;
  value: JsonValue | undefined;
  admin: boolean;
  onChange: (value: JsonValue) => void;
  onEnter: () => void;
}) {
  const common = { id: setting.key, disabled: !admin };
  if (setting.type === SettingType.FLAG || typeof value === 'boolean')
    return <Switch {...common} aria-label={setting.key} checked={value === true} onChange={onChange} />;
  if (setting.type === SettingType.CHOICE)
    return (
      <Select
        {...common}
        aria-label={setting.key}
        value={String(value ?? '')}
        onChange={onChange}
        options={setting.choices.map((choice) => ({ value: choice, label: choice }))}
        style={{ minWidth: 200 }}
      />
    );
  if (setting.type === SettingType.NUMBER || typeof value === 'number')
    return (
      <InputNumber
        {...common}
        style={{ width: 200 }}
        min={setting.minimum === undefined ? undefined : Number(setting.minimum)}
        max={setting.maximum === undefined ? undefined : Number(setting.maximum)}
        value={Number(value ?? 0)}
        onChange={(next) => onChange(Number(next ?? 0))}
        onPressEnter={onEnter}
      />
    );
  if (setting.type === SettingType.SECRET)
    return (
      <Input.Password
        visibilityToggle={false}
        {...common}
        autoComplete="new-password"
        placeholder="••••••"
        value={typeof value === 'string' ? value : ''}
        onChange={(event) => onChange(event.target.value)}
        onPressEnter={onEnter}
      />
    );
  return (
    <Input
      {...common}
      value={typeof value === 'string' ? value : ''}
      onChange={(event) => onChange(event.target.value)}
      onPressEnter={onEnter}
    />
  );
}
