import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { NowPage } from '../now/NowPage';
import { Loading } from '../ui/bits';
import { NotFoundPage, BrokenPage } from './EdgePages';
import { oneOf, optional, text, texts, whole } from './search';
import { Shell } from './Shell';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFoundPage,
  errorComponent: ({ error }) => <BrokenPage error={error instanceof Error ? error : new Error(String(error))} />,
});

const now = createRoute({ getParentRoute: () => root, path: '/', component: NowPage });

export const runRoute = createRoute({
  getParentRoute: () => root,
  path: '/runs/$runId',
  validateSearch: optional((search) => ({
    tab: oneOf(search.tab, 'tests', 'log', 'changes', 'report', 'details'),
    test: text(search.test),
    step: text(search.step),
    line: whole(search.line),
    attempt: whole(search.attempt),
    base: whole(search.base),
  })),
  component: lazyRouteComponent(() => import('../runs/RunPage'), 'RunPage'),
});

export const historyRoute = createRoute({
  getParentRoute: () => root,
  path: '/runs',
  validateSearch: optional((search) => ({
    item: whole(search.item),
    verdict: texts(search.verdict),
    status: texts(search.status),
    by: text(search.by),
    build: whole(search.build),
  })),
  component: lazyRouteComponent(() => import('../history/HistoryPage'), 'HistoryPage'),
});

export const triggerRoute = createRoute({
  getParentRoute: () => root,
  path: '/trigger',
  validateSearch: optional((search) => ({ item: whole(search.item), build: whole(search.build) })),
  component: lazyRouteComponent(() => import('../trigger/TriggerPage'), 'TriggerPage'),
});

export const buildsRoute = createRoute({
  getParentRoute: () => root,
  path: '/builds',
  validateSearch: optional((search) => ({ job: text(search.job), user: text(search.user), q: text(search.q) })),
  component: lazyRouteComponent(() => import('../builds/BuildsPage'), 'BuildsPage'),
});

export const agentsRoute = createRoute({
  getParentRoute: () => root,
  path: '/agents',
  validateSearch: optional((search) => ({
    agent: whole(search.agent),
    tab: oneOf(search.tab, 'hosts', 'upgrades'),
    upgrade: whole(search.upgrade),
  })),
  component: lazyRouteComponent(() => import('../agents/AgentsPage'), 'AgentsPage'),
});

const items = createRoute({
  getParentRoute: () => root,
  path: '/items',
  component: lazyRouteComponent(() => import('../items/ItemsPage'), 'ItemsPage'),
});

export const parametersRoute = createRoute({
  getParentRoute: () => root,
  path: '/parameters',
  validateSearch: optional((search) => ({ set: whole(search.set), version: whole(search.version) })),
  component: lazyRouteComponent(() => import('../parameters/ParametersPage'), 'ParametersPage'),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('../settings/SettingsPage'), 'SettingsPage'),
});

const people = createRoute({
  getParentRoute: () => root,
  path: '/sessions',
  component: lazyRouteComponent(() => import('../people/SessionsPage'), 'SessionsPage'),
});

const tokens = createRoute({
  getParentRoute: () => root,
  path: '/tokens',
  component: lazyRouteComponent(() => import('../tokens/TokensPage'), 'TokensPage'),
});

export const auditRoute = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: optional((search) => ({
    who: text(search.who),
    action: text(search.action),
    object: text(search.object),
    query: text(search.query),
  })),
  component: lazyRouteComponent(() => import('../audit/AuditPage'), 'AuditPage'),
});

const notifications = createRoute({
  getParentRoute: () => root,
  path: '/notifications',
  component: lazyRouteComponent(() => import('../notifications/NotificationsPage'), 'NotificationsPage'),
});

export const apiRoute = createRoute({
  getParentRoute: () => root,
  path: '/api-tests',
  validateSearch: optional((search) => ({
    tab: oneOf(search.tab, 'batches', 'schedules', 'notes', 'cases', 'scenarios', 'datasets', 'files', 'environments', 'pools', 'access'),
    item: whole(search.item),
  })),
  component: lazyRouteComponent(() => import('../apitests/ApiTestsPage'), 'ApiTestsPage'),
});

export const batchRoute = createRoute({
  getParentRoute: () => root,
  path: '/api-tests/batches/$batchId',
  component: lazyRouteComponent(() => import('../apitests/BatchPage'), 'BatchPage'),
});

export const inventoryRoute = createRoute({
  getParentRoute: () => root,
  path: '/inventory',
  validateSearch: optional((search) => ({
    agent: text(search.agent),
    service: text(search.service),
    changed: search.changed === true ? true : undefined,
  })),
  component: lazyRouteComponent(() => import('../inventory/InventoryPage'), 'InventoryPage'),
});

const doctor = createRoute({
  getParentRoute: () => root,
  path: '/doctor',
  component: lazyRouteComponent(() => import('../doctor/DoctorPage'), 'DoctorPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    now,
    runRoute,
    historyRoute,
    triggerRoute,
    buildsRoute,
    agentsRoute,
    items,
    parametersRoute,
    settings,
    people,
    tokens,
    auditRoute,
    notifications,
    apiRoute,
    batchRoute,
    inventoryRoute,
    doctor,
  ]),
  defaultPreload: 'intent',
  defaultPendingComponent: Loading,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
