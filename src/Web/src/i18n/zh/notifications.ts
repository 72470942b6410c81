import type { notifications as english } from '../en/notifications';

/** 通知。 */
export const notifications: typeof english = {
  notifyRule: { UNSPECIFIED: '–', ALWAYS: '每次结束', ON_FAILURE: '未通过时', ON_CHANGE: '结论变化时', NEVER: '从不' },
  deliveryState: { UNSPECIFIED: '–', WAITING: '等待', SENDING: '发送中', SENT: '已发送', DEAD: '已放弃' },
  deliveryKind: { UNSPECIFIED: '–', MAIL: '邮件', WEBHOOK: 'Webhook', JENKINS: 'Jenkins', GITHUB: 'GitHub' },
  notifications: {
    mine: '通知我',
    tellMe: '我触发的运行结束时发邮件给我',
    language: '邮件语言',
    serversLanguage: '服务器的语言',
    outbox: '发件箱',
    none: '还没有发送过',
    noneHint: '运行结束后，邮件和回调会显示在这里。邮件服务器在系统设置中配置。',
    target: '发往',
    subject: '内容',
    error: '上次尝试的问题',
    tries: '（{{count}} 次）',
    resend: '重新发送',
    resent: '已重新发送',
    test: '发送测试邮件',
    testSent: '邮件服务器已接收',
    webhooks: 'Webhook',
    webhooksWhat: '每次运行结束时发送带签名的 POST。',
    secret: '签名密钥，至少 16 个字符',
    deleteWhat: '等待发往它的内容不再发送。',
  },
};
