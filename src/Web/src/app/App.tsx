import { RouterProvider } from '@tanstack/react-router';
import { App as AntApp } from 'antd';
import { SessionProvider } from '../session/SessionProvider';
import { router } from './router';
import { ThemeProvider } from './theme';

export function App() {
  return (
    <ThemeProvider>
      <AntApp component={false} message={{ maxCount: 3 }}>
        <SessionProvider>
          <RouterProvider router={router} />
        </SessionProvider>
      </AntApp>
    </ThemeProvider>
  );
}
