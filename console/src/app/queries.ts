import { QueryClient, type QueryKey } from '@tanstack/react-query';
import { ApiProblem } from '../api/problem.ts';

const attemptsMax = 3;

/** Repeats what may go well the next time: no answer, or one of a server that is busy or at fault. */
function isWorthRepeating(failures: number, error: Error): boolean {
  const isRefusal = error instanceof ApiProblem && error.status < 500;
  return !isRefusal && failures < attemptsMax - 1;
}

/** What was read is shown at once when a page is opened again, and read anew behind it. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 5_000, retry: isWorthRepeating, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

/** Shows what a change answered in place of what was read. A reading under way may be older, and is given up. */
export async function keepAnswer<T>(queryKey: QueryKey, answer: T): Promise<void> {
  await queries.cancelQueries({ queryKey, exact: true });
  queries.setQueryData(queryKey, answer);
}
